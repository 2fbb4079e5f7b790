/**
 * What every view gives, and what it is given.
 *
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/kit/state.js").State} State
 * @typedef {import("convscope/kit/state.js").Stop} Stop
 * @typedef {import("convscope/kit/state.js").Place} Place
 * @typedef {import("convscope/kit/colours.js").Theme} Theme
 * @typedef {import("convscope/kit/dom.js").Child} Child
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
 */

export {};
