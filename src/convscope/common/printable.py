"""External names, made safe to print."""


def printable(text: str) -> str:
    r"""Escape control characters, line breaks and all other unprintable characters.

    A file may have any name: it may contain line breaks and escape sequences for the terminal, or bytes
    that are not UTF-8 (which Python represents by lone surrogates).

    Example:
        >>> print(printable("Kätzchen\n1\x1b[2J.jpg"))
        Kätzchen\n1\x1b[2J.jpg
        >>> print(printable("caf\udce9.png"))
        caf\udce9.png
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )
