"""Rasa's own command line without what it never uses here: `python -m nlu.serve run …`."""

from nlu.quiet import leave_out_jax


def main() -> None:
    leave_out_jax()
    from rasa.__main__ import main as rasa

    rasa()


if __name__ == "__main__":
    main()
