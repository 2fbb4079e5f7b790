"""`convscope playground`: a page with a network that answers drawings, shows its steps, and learns."""

from convscope.commands.output_option import Output, write_or_open


def playground(*, output: Output = None) -> None:
    """Draw, and watch a small network answer, and learn, in the browser.

    The page is one file that works offline: for a class, mail it or put it on any web server.
    """
    from convscope.playground.page import page, shapes_drawings, shapes_network

    write_or_open(page(shapes_network(), shapes_drawings()), output, "playground.html")
