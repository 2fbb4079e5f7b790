/**
 * The state of a run, assembled from its events.
 *
 * @typedef {object} Epoch
 * @property {number} epoch
 * @property {number} epochs
 * @property {number} train_loss
 * @property {number} train_accuracy_fraction
 * @property {number | null} validation_loss
 * @property {number | null} validation_accuracy_fraction
 * @property {number} pictures_per_second
 * @property {number} elapsed_seconds
 * @property {number | null} remaining_seconds
 *
 * @typedef {object} Step
 * @property {number} epoch
 * @property {number} epochs
 * @property {number} step
 * @property {number} steps
 * @property {number} loss
 * @property {number} accuracy_fraction
 * @property {number} pictures_per_second
 * @property {number | null} remaining_seconds
 *
 * @typedef {[string, string][]} Rows
 */

export class History {
  /** @type {Rows}  what was detected and chosen */
  plan = [];
  /** @type {string[]} */
  notes = [];
  /** @type {Epoch[]} */
  epochs = [];
  /** @type {Step | null}  of the current epoch */
  step = null;
  /** @type {{done: number, total: number} | null}  pictures being prepared */
  preparing = null;
  /** @type {{summary: Rows, elapsed_seconds: number} | null} */
  finished = null;
  /** Number of epochs planned, once known. */
  planned = 0;

  /**
   * Process an event. A resumed run repeats the events of epochs that it trains again.
   *
   * @param {any} event
   */
  add(event) {
    switch (event.event) {
      case "Opened":
        this.step = this.preparing = this.finished = null;
        break;
      case "Preparing":
        this.preparing = event;
        break;
      case "Started":
        this.preparing = null;
        this.plan = event.plan;
        this.planned = event.epochs;
        break;
      case "StepDone":
        this.step = event;
        this.planned = event.epochs;
        break;
      case "EpochDone":
        this.epochs = [...this.epochs.filter(({ epoch }) => epoch < event.epoch), event];
        this.step = null;
        this.planned = event.epochs;
        break;
      case "Note":
        if (!this.notes.includes(event.text)) this.notes.push(event.text);
        break;
      case "Finished":
        this.finished = event;
        this.preparing = null; // with pretrained features there are no epochs
        break;
    }
  }

  /** The latest figures: of the current epoch, otherwise of the last one. */
  get latest() {
    return this.step ?? this.epochs[this.epochs.length - 1] ?? null;
  }

  /** Progress, 0 to 1. */
  get doneFraction() {
    if (this.finished) return 1;
    const whole = this.step ? this.step.epoch - 1 + this.step.step / this.step.steps : this.epochs.length;
    return this.planned ? Math.min(1, whole / this.planned) : 0;
  }

  /**
   * Return a curve over the epochs. Missing values leave a gap at its end.
   *
   * @param {string} name
   * @param {(epoch: Epoch) => number | null} figure
   * @param {number | null} [now]  the value for the current epoch
   * @returns {import("convscope/kit/curves.js").Curve | null}
   */
  curve(name, figure, now = null) {
    const known = this.epochs.flatMap((one) => {
      const y = figure(one);
      return y === null ? [] : [[one.epoch, y]];
    });
    if (this.step && now !== null) known.push([this.step.epoch - 1 + this.step.step / this.step.steps, now]);
    return known.length ? { name, x: known.map(([x]) => x), y: known.map(([, y]) => y) } : null;
  }
}
