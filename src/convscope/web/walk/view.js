/**
 * The interface of views: their input and their result.
 *
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/kit/address.js").State} State
 * @typedef {import("convscope/kit/address.js").Stop} Stop
 * @typedef {import("convscope/kit/address.js").Place} Place
 * @typedef {import("convscope/kit/colours.js").Theme} Theme
 * @typedef {import("convscope/kit/dom.js").Child} Child
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 *
 * @typedef {object} View
 * @property {Child[]} [input]  contents of the input pane
 * @property {Child[]} [middle]  contents of the arithmetic pane
 * @property {Child[]} [output]  contents of the output pane
 * @property {Child[]} [below]  shown below the panes at full width
 * @property {(place: Place) => void} [show]  shows another number of the same map
 * @property {(place: Place) => string} [spoken]  describes the arithmetic for screen readers
 *
 * @typedef {object} Context
 * @property {Chain} chain
 * @property {State} state
 * @property {Theme} theme
 * @property {Place} place  index of the selected number
 * @property {{input: number, middle: number, output: number, below: number}} room  available widths in screen
 *   pixels
 * @property {(place: Place) => void} point  shows a number while the pointer is on it
 * @property {() => void} leave
 * @property {(place: Place) => void} pick  selects a number
 * @property {(stop: Stop) => void} back  goes to a number of the input that this one is computed from
 * @property {(...stops: Stop[]) => string} backTo  returns the address of doing so, for one stop after the
 *   other
 * @property {(name: string, value: string) => void} set  sets an option in the address; "" is its default
 * @property {string} noNeighbours  the message shown if there are no training pictures
 * @property {string} absent  the message shown if the walk lacks the data of a page
 *
 * @typedef {{does: string, attempt: string, more: string[]}} Text  one sentence, something to try, and
 *   details on demand
 *
 * @typedef {object} Kind  a kind of step; `raw` is a step of the document
 * @property {string} short  its name where space is limited
 * @property {Text} text
 * @property {(step: any, context: Context) => View} view
 * @property {(raw: any) => string} [title]  if it differs from the step's name
 * @property {string} [unit]  what one of its numbers is called; by default "neuron"
 * @property {(raw: any, sources: Step[]) => Tensor} [output]  computes its numbers if the document does not
 *   contain them
 * @property {(sources: Step[], output: Tensor) => number} [limit]  limit of its colour scale, if not the
 *   largest absolute value
 * @property {(raw: any, sources: Step[]) => string[] | null} [mapNames]  if its maps have names
 *
 * @typedef {object} Extra  a page that does not show a step
 * @property {string} title
 * @property {Text} text
 * @property {(chain: Chain) => boolean} isPresent  whether the walk has data for it
 * @property {(context: Context) => View} view
 */

export {};
