/**
 * What has happened in a run, put together from its events.
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
  /** @type {Rows} what was found and chosen */
  plan = [];
  /** @type {string[]} */
  notes = [];
  /** @type {Epoch[]} */
  epochs = [];
  /** @type {Step | null} of the epoch under way */
  step = null;
  /** @type {{done: number, total: number} | null} pictures that are made ready */
  preparing = null;
  /** @type {{summary: Rows, elapsed_seconds: number} | null} */
  finished = null;
  /** How many epochs there will be, once that is known. */
  planned = 0;

  /**
   * One more event. A resumed run repeats events of epochs that it does again.
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
        this.preparing = null; // a learned start has no epochs
        break;
    }
  }

  /** The newest figures: of the epoch under way, or of the last one. */
  get latest() {
    return this.step ?? this.epochs[this.epochs.length - 1] ?? null;
  }

  /** How much is done, 0 to 1. */
  get doneFraction() {
    if (this.finished) return 1;
    const whole = this.step ? this.step.epoch - 1 + this.step.step / this.step.steps : this.epochs.length;
    return this.planned ? Math.min(1, whole / this.planned) : 0;
  }

  /**
   * A curve over the epochs; what does not exist leaves a gap at its end.
   *
   * @param {string} name
   * @param {(epoch: Epoch) => number | null} figure
   * @param {number | null} [now]  the same figure of the epoch under way
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
