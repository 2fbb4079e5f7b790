/**
 * What each step is told with: a sentence, a thing to try, and more for whoever asks.
 *
 * @typedef {{does: string, attempt: string, more: string[]}} Lesson
 */

/** @type {Record<string, Lesson>} */
export const LESSONS = {
  image: {
    does: "To a network a picture is numbers: one for each pixel and channel, moved so that they lie around 0.",
    attempt: "Point at a dark and at a bright pixel and compare their numbers.",
    more: [
      "A grey picture has one channel, a colour picture three: red, green and blue, each from 0 to 255.",
      "Every picture is brought to the same size, because the last steps need the same count of numbers each time.",
      "Taking the mean of the training pictures away and dividing by their standard deviation brings all channels to one scale and makes learning steadier.",
    ],
  },
  convolution: {
    does: "A filter slides over its input; at each place, input times weight is added up, and the sum says how much the place looks like what the filter looks for.",
    attempt:
      "Find the strongest cell of the map, then look at the picture of its window: what made it strong?",
    more: [
      "One filter gives one feature map; its weights are the same everywhere, so a feature is found wherever it lies, with few weights.",
      "A filter reaches through all input maps at once: the sum has a subtotal for each of them, and one bias.",
      "The weights were not designed: training found them. Early filters often answer edges and colours, later ones combinations.",
      "Strictly this is cross-correlation, as the filter is not flipped. As weights are learned, it makes no difference.",
      "Padding puts a border of zeros around the input, so that cells at the edge get a window as well.",
    ],
  },
  relu: {
    does: "Negative numbers become 0 and positive ones stay as they are: max(0, x).",
    attempt: "Find a blue cell on the left, and the same cell on the right.",
    more: [
      "A map then says only how much of its feature there is, not how little.",
      "The bend at 0 is the point: without it, any number of layers would be no more than one.",
      "Where a number was silenced, nothing passes back while learning, either: its gradient is 0.",
    ],
  },
  max_pooling: {
    does: "Each window keeps its largest number and throws the others away: the maps shrink and the strongest evidence stays.",
    attempt: "Move from cell to cell and watch where the winner lies.",
    more: [
      "It asks whether a feature is somewhere in the window; exactly where is forgotten.",
      "So small shifts change less, and the later steps have fewer numbers to weigh.",
      "Windows that hang over the edge are left out or, where the network says so, take the cells they have.",
    ],
  },
  average_pooling: {
    does: "Each window gives the mean of its numbers: how much of a feature there is, on average.",
    attempt: "Compare a window that has one strong cell with one that is even.",
    more: [
      "Max pooling asks whether a feature is there at all; the mean asks how much of it there is.",
      "It has no weights and is a linear step.",
    ],
  },
  flattening: {
    does: "The maps are read row by row, one map after the other, into one column. Nothing is computed and nothing lost.",
    attempt: "Look a number up by its index, and check the formula on paper.",
    more: [
      "A neuron knows no rows and columns: it has one weight for each number. So the maps become a list.",
      "The order itself is only a habit, but it has to be the same each time, because every place has its own weights.",
    ],
  },
  full_connection: {
    does: "Every neuron multiplies each number before it by a weight of its own, and adds all of it to its bias.",
    attempt: "Follow the largest contribution back, until you are at the pixels.",
    more: [
      "A positive contribution speaks for the neuron, a negative one against it; a contribution is large if both the number and the weight are.",
      "In the last layer each neuron stands for a class and its result, the logit, is the evidence for that class.",
      "Where the column is long, most of a network's weights lie here: one for every neuron and number.",
    ],
  },
  softmax: {
    does: "Exponentials make the logits positive and dividing by their sum makes them shares: probabilities.",
    attempt: "Check one share with a calculator: e to a difference, divided by the sum.",
    more: [
      "Only differences between logits count: add 5 to all of them and nothing changes.",
      "A logit that is larger by 1 than another has e ≈ 2.72 times the other's share.",
    ],
  },
  loss: {
    does: "The loss says how wrong the probabilities are, given the true class; training makes it small.",
    attempt: "Suppose another class were the true one: which loss rises most?",
    more: [
      "Cross-entropy is −ln of the true class's probability: 0 when sure and right, without limit when sure and wrong.",
      "Classification error is what one wants to be small, but it does not change while weights change a little, so there is nothing to follow.",
    ],
  },
  overview: {
    does: "Step by step, the picture becomes maps of features; in a network the last maps become a column of numbers, and that becomes an answer.",
    attempt: "Choose any map to see where its numbers come from.",
    more: [
      "Blue is negative, orange is positive, and the strongest colour is the largest number of the step.",
      "A step's maps are sorted by how much they light up.",
    ],
  },
  why: {
    does: "Two maps of what mattered for the answer, and the training pictures that the network finds most alike.",
    attempt: "Is it the object that mattered, or the background?",
    more: [
      "Such maps show where, not why: each is one definition of mattering. Where the two disagree, trust neither alone.",
    ],
  },
  invariance: {
    does: "The picture is shifted, turned, scaled and squashed, to see how far its maps and its answer move.",
    attempt: "Move the slider until the answer changes. With which pooling do maps and logits move least?",
    more: [
      "Distance is relative: 0 means the maps are as before, 1 that they moved as far as they are long.",
      "All three kinds of pooling look at the same maps, so only the pooling differs.",
      "Pooling makes maps steadier against small moves, not large ones: a feature that leaves its window is lost to it.",
    ],
  },
};
