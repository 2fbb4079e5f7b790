/**
 * The seven stations. Only those in the viewport are redrawn, so that each stroke is answered without delay.
 */

import { element } from "convscope/kit/dom.js";
import { connectionStation } from "convscope/playground/stations/connection.js";
import { convolutionStation } from "convscope/playground/stations/convolution.js";
import { flatteningStation } from "convscope/playground/stations/flattening.js";
import { imageStation } from "convscope/playground/stations/image.js";
import { lossStation } from "convscope/playground/stations/loss.js";
import { PictureSource } from "convscope/playground/stations/picture.js";
import { poolingStation } from "convscope/playground/stations/pooling.js";
import { reluStation } from "convscope/playground/stations/relu.js";

/** @typedef {import("convscope/playground/stations/station.js").Station} Station */

export class Course {
  /** @param {import("convscope/playground/stations/station.js").Context} context */
  constructor(context) {
    const source = new PictureSource(context);
    const kinds = new Set(context.network.steps.map(({ kind }) => kind));
    const has = (/** @type {string} */ kind) => [...kinds].some((one) => one.endsWith(kind));
    /** @type {Station[]} */
    this.stations = [
      imageStation(context, source),
      convolutionStation(context, source),
      ...(has("relu") ? [reluStation(context)] : []),
      ...(has("pooling") ? [poolingStation(context)] : []),
      ...(has("flattening") ? [flatteningStation(context)] : []),
      connectionStation(context),
      lossStation(context),
    ];
    /** @type {Set<Element>} */
    this.inSight = new Set();
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this.inSight.add(target);
        else this.inSight.delete(target);
      }
      this.draw();
    });
    for (const station of this.stations) observer.observe(station.element);
    this.element = element(
      "div",
      { class: "course" },
      this.stations.map((station) => station.element),
    );
  }

  /** Redraw the visible stations. */
  draw() {
    for (const station of this.stations) if (this.inSight.has(station.element)) station.draw();
  }

  /** Scroll to the station that explains a kind of step. @param {string} kind */
  visit(kind) {
    const wanted = kind.endsWith("pooling") ? "pooling" : kind;
    const found = this.stations.find((station) => station.kind === wanted)?.element;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    found?.scrollIntoView({ behavior: isStill ? "auto" : "smooth" });
    found?.focus({ preventScroll: true });
  }
}
