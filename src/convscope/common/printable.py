"""Names from outside, fit to be shown."""


def printable(text: str) -> str:
    r"""Escape what would move the cursor, ring the bell, break the line or not be text at all.

    A file may be called anything: a name may hold line breaks and escape sequences, or bytes that are no
    UTF-8 (which Python keeps as lone surrogates that nothing can show).

    Example:
        >>> print(printable("Kätzchen\n1\x1b[2J.jpg"))
        Kätzchen\n1\x1b[2J.jpg
        >>> print(printable("caf\udce9.png"))
        caf\udce9.png
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )
