"""`convscope playground`: a page with a small network that classifies drawings and can be trained."""

from convscope.commands.output_option import Output, write_or_open


def playground(*, output: Output = None) -> None:
    """Draw pictures and watch a small network classify them and learn, in the browser.

    The page is a single file that works offline. To share it, mail it or put it on any web server.
    """
    from convscope.playground.page import page, shapes_drawings, shapes_network

    write_or_open(page(shapes_network(), shapes_drawings()), output, "playground.html")
