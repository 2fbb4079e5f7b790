"""The pages: their modules and styles, and how they are bundled into one file.

html_page  a page of one file that asks for nothing from anywhere
modules    ES modules by name: reading them, following their imports, bundling them for a worker

kit/       what pages share: elements, maps, boards, bars, colours, numbers, curves, theme
walk/      a picture's walk through a model; `walk/views/` has one module for each kind of step
losses/    the loss bench
classify/  which class is it? the page of `serve` and of an exported model, given a way to classify
playground/ a network that answers drawings and learns; its engine in `playground/engine/`
offline/   the classifier that runs in the browser itself
studio/    the studio, one folder for each of its views

A module is imported by its path below this folder: `import { element } from "convscope/kit/dom.js";`.
"""
