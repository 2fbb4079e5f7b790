/**
 * What every view gives, and what it is given.
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
 * @property {Child[]} [input]  what goes in
 * @property {Child[]} [middle]  what the step does
 * @property {Child[]} [output]  what comes out
 * @property {Child[]} [below]  across the whole page
 * @property {(place: Place) => void} [show]  shows another number of the same map
 * @property {(place: Place) => string} [spoken]  the arithmetic in words
 *
 * @typedef {object} Context
 * @property {Chain} chain
 * @property {State} state
 * @property {Theme} theme
 * @property {Place} place  of the number that is looked at
 * @property {{input: number, middle: number, output: number, below: number}} room  screen pixels across
 * @property {(place: Place) => void} point  looks at a number while the pointer is on it
 * @property {() => void} leave
 * @property {(place: Place) => void} pick  looks at a number from now on
 * @property {(stop: Stop) => void} back  goes back to the number that this one came from
 * @property {(...stops: Stop[]) => string} backTo  the address of doing so, one stop after the other
 * @property {(name: string, value: string) => void} set  an option, "" for its default
 * @property {string} noNeighbours  what to say where there are no training pictures
 * @property {string} absent  what to say where the walk holds nothing of what a page is for
 *
 * @typedef {{does: string, attempt: string, more: string[]}} Text  a sentence, a thing to try, and more on demand
 *
 * @typedef {object} Kind  of step; `raw` is a step as it stands in the document
 * @property {string} short  its name where there is little room
 * @property {Text} text
 * @property {(step: any, context: Context) => View} view
 * @property {(raw: any) => string} [title]  if it is not the step's name
 * @property {string} [unit]  what one of its numbers is called, "neuron" if nothing is said
 * @property {(raw: any, sources: Step[]) => Tensor} [output]  its numbers, where the document does not hold them
 * @property {(sources: Step[], output: Tensor) => number} [limit]  the end of its colour scale, if it is not its
 *   largest number
 * @property {(raw: any, sources: Step[]) => string[] | null} [mapNames]  if its maps have names
 *
 * @typedef {object} Extra  a page that is no step
 * @property {string} title
 * @property {Text} text
 * @property {(chain: Chain) => boolean} isPresent  whether the walk has something for it
 * @property {(context: Context) => View} view
 */

export {};
