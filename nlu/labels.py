"""The kinds of label in the one list that the classifier chooses from."""

# What a message can be beside a report on a topic; the topics themselves are told by the training data.
OUTCOMES = frozenset(
    (
        "emergency",
        "formal_complaint",
        "denunciation",
        "procedure_question",
        "status_check",
        "suggestion",
        "praise",
        "spam",
        "out_of_scope",
        "unclear",
    )
)

# Dialogue intents that do something: a story mistaken for one of these costs the resident more than one more question.
COMMANDS = frozenset(
    (
        "cancel",
        "go_back",
        "start_over",
        "skip",
        "ask_human",
        "my_cases",
        "delete_data",
        "withdraw",
        "add_info",
        "not_done",
        "rate_good",
        "rate_ok",
        "rate_bad",
    )
)

REPORT = "report"  # the intent of every topic
UNCLEAR = "unclear"
