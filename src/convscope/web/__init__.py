"""The pages: their modules and styles, and how to bundle them into a single file.

html_page  self-contained single-file pages
modules    ES modules by name: reading them, following their imports, bundling them for a worker

kit/       shared by pages: elements, maps, boards, bars, colours, numbers, curves, theme
walk/      a picture's walk through a model; `walk/views/` has one module for each kind of step
losses/    the loss bench
classify/  the classification page of `serve` and of exported models
playground/ a network that classifies drawings and learns; its engine is in `playground/engine/`
offline/   the classifier that runs in the browser
studio/    the studio, one folder for each of its views

A module is imported by its path below this folder: `import { element } from "convscope/kit/dom.js";`.
"""
