/**
 * A walk's document, see docs/reference/walk.md. Written by tests/web/jsdoc.py from its schema.
 *
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {object} AdditionStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"addition"} kind
 * @typedef {object} After
 * @property {number[]} max
 * @property {number[]} average
 * @property {number[]} none
 * @typedef {object} AllWeightsStep
 * @property {number[]} rates
 * @property {number[]} losses
 * @typedef {object} Backward
 * @property {BackwardPass[]} passes
 * @property {string} left_out
 * @typedef {object} BackwardPass
 * @property {number} truth
 * @property {number} loss
 * @property {StepGradients[]} steps
 * @property {AllWeightsStep} all_weights
 * @property {WeightCurve[]} curves
 * @property {LossMap[]} maps
 * @typedef {object} ByPooling
 * @property {Logits} max
 * @property {Logits} average
 * @property {Logits} none
 * @typedef {object} Change
 * @property {"read" | "orientation" | "transparency" | "depth" | "decoding" | "colour" | "size" | "normalisation"} step
 * @property {string} text
 * @typedef {object} ClassEvidence
 * @property {number} class_index
 * @property {number} bias
 * @property {number} logit
 * @property {EvidencePart[]} parts
 * @property {Tensor} map
 * @typedef {object} Contributions
 * @property {Tensor} inputs
 * @property {Tensor} weights
 * @property {Tensor} products
 * @property {number} rest_count
 * @property {Tensor} rest_sums
 * @typedef {object} ConvolutionStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {Tensor} filters
 * @property {number[] | null} held
 * @property {Tensor} bias
 * @property {[number, number]} window
 * @property {[number, number]} stride
 * @property {[number, number]} padding
 * @property {boolean} overhang
 * @property {OutputSize} output_size
 * @property {Tensor} output
 * @property {ExactCell | null} exact
 * @property {"convolution"} kind
 * @property {string[] | null} filter_names
 * @typedef {object} Curve
 * @property {number[]} logits
 * @property {number[]} probabilities
 * @typedef {object} DepthwiseConvolutionStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {Tensor} filters
 * @property {number[] | null} held
 * @property {Tensor} bias
 * @property {[number, number]} window
 * @property {[number, number]} stride
 * @property {[number, number]} padding
 * @property {boolean} overhang
 * @property {OutputSize} output_size
 * @property {Tensor} output
 * @property {ExactCell | null} exact
 * @property {"depthwise_convolution"} kind
 * @typedef {object} Descent
 * @property {number} rate
 * @property {number[][]} values
 * @property {number[]} losses
 * @property {number[][]} gradients
 * @typedef {object} Evidence
 * @property {ClassEvidence[]} classes
 * @property {string} text
 * @typedef {object} EvidencePart
 * @property {string} step
 * @property {number} total
 * @property {Tensor} map
 * @typedef {object} ExactCell
 * @property {number[]} place
 * @property {Tensor} inputs
 * @property {Tensor} weights
 * @property {number} output
 * @typedef {object} FlatteningStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"flattening"} kind
 * @property {number[]} input_shape
 * @property {string} formula
 * @typedef {object} FullConnectionStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"full_connection"} kind
 * @property {Tensor | null} weights
 * @property {Tensor} bias
 * @property {Tensor} output
 * @property {Contributions} contributions
 * @property {Relevance | null} relevance
 * @typedef {object} GradCam
 * @property {string} layer
 * @property {Tensor} map
 * @property {GradCamMap[]} classes
 * @property {string} text
 * @typedef {object} GradCamMap
 * @property {number} class_index
 * @property {Tensor} map
 * @typedef {object} Gradients
 * @property {number[]} cross_entropy
 * @property {number[]} squared_error
 * @property {number[]} classification_error
 * @typedef {object} ImageStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"image"} kind
 * @property {string} original
 * @property {number[]} original_shape
 * @property {Change[]} changes
 * @property {Tensor} pixels
 * @property {number[]} mean
 * @property {number[]} std
 * @property {Tensor} output
 * @typedef {object} Invariance
 * @property {"shift" | "turn" | "scale" | "squash"} change
 * @property {number[]} amounts
 * @property {string} unit
 * @property {string[]} thumbnails
 * @property {Tensor} logits
 * @property {Tensor} probabilities
 * @property {number[]} before
 * @property {After} after
 * @property {ByPooling | null} by_pooling
 * @typedef {object} JoiningStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"joining"} kind
 * @typedef {object} LabelCost
 * @property {number} cross_entropy
 * @property {number} gradient
 * @property {number} squared_error
 * @property {number} squared_gradient
 * @typedef {object} LabelLoss
 * @property {number} label
 * @property {LabelCost} present
 * @property {LabelCost} absent
 * @typedef {object} LabelLossStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"binary_cross_entropy"} kind
 * @property {LabelLoss[]} labels
 * @property {number} others
 * @typedef {object} Labels
 * @property {number[]} thresholds
 * @property {number[]} answer
 * @property {number[][]} sets
 * @typedef {object} Linear
 * @property {number[]} classes
 * @property {number[]} weights_shape
 * @property {number} pictures
 * @property {number} largest_difference
 * @property {string} text
 * @typedef {object} Logits
 * @property {Tensor} logits
 * @property {number[]} distances
 * @typedef {object} LossMap
 * @property {WeightGradient} first
 * @property {WeightGradient} second
 * @property {number[]} first_values
 * @property {number[]} second_values
 * @property {Tensor} losses
 * @property {Descent[]} descents
 * @typedef {object} LossStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"loss"} kind
 * @property {Losses[]} truths
 * @typedef {object} Losses
 * @property {number} truth
 * @property {number} cross_entropy
 * @property {number} squared_error
 * @property {number} classification_error
 * @property {Gradients} gradients
 * @typedef {object} Neighbour
 * @property {string | null} name
 * @property {string} label
 * @property {number} similarity
 * @property {string | null} thumbnail
 * @typedef {object} NoRelu
 * @property {number[]} probabilities
 * @property {number} predicted
 * @property {number[] | null} labels
 * @property {Linear} linear
 * @typedef {object} Note
 * @property {string} step
 * @property {number[] | null} cell
 * @property {string} text
 * @typedef {object} Occlusion
 * @property {[number, number]} window
 * @property {[number, number]} stride
 * @property {OcclusionMap[]} classes
 * @property {string} text
 * @typedef {object} OcclusionMap
 * @property {number} class_index
 * @property {Tensor} map
 * @typedef {object} OpenSet
 * @property {"virtual_logit" | "nearest"} kind
 * @property {number} score
 * @property {number} threshold
 * @property {number} rejected_fraction
 * @property {boolean} unknown
 * @typedef {object} Origin
 * @property {string} text
 * @property {string} licence
 * @property {string} digest
 * @typedef {object} OutputSize
 * @property {string} height
 * @property {string} width
 * @typedef {object} PoolingStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {`${string}_pooling`} kind
 * @property {[number, number]} window
 * @property {[number, number]} stride
 * @property {boolean} overhang
 * @property {OutputSize} output_size
 * @property {Tensor | null} output
 * @property {Tensor | null} winners
 * @property {number} kept_fraction
 * @property {number | null} lost_fraction
 * @typedef {object} Preview
 * @property {number} map
 * @property {number} limit
 * @property {Tensor} values
 * @typedef {object} ReceptiveField
 * @property {[number, number]} size
 * @property {[number, number]} stride
 * @property {[number, number]} start
 * @typedef {object} Relevance
 * @property {Tensor} mean
 * @property {number[]} pictures
 * @typedef {object} Relu6Step
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"relu6"} kind
 * @property {Tensor} silenced
 * @property {number} silenced_fraction
 * @property {number} capped_fraction
 * @typedef {object} ReluStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"relu"} kind
 * @property {Tensor} silenced
 * @property {number} silenced_fraction
 * @typedef {object} SigmoidStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"sigmoid"} kind
 * @property {number[]} logits
 * @property {number[]} exponentials
 * @property {number[]} output
 * @property {Curve} curve
 * @property {number[]} softmax
 * @typedef {object} SoftmaxStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"softmax"} kind
 * @property {number[]} logits
 * @property {number} largest
 * @property {number[]} exponentials
 * @property {number} sum
 * @property {number[]} output
 * @typedef {object} StepGradients
 * @property {string} step
 * @property {Tensor} at_output
 * @property {(Tensor | null)[]} at_inputs
 * @property {Tensor | null} at_weights
 * @property {Tensor | null} at_bias
 * @typedef {object} TemperatureStep
 * @property {string} name
 * @property {string[]} inputs
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Preview | null} preview
 * @property {"temperature"} kind
 * @property {number} temperature
 * @property {number[]} output
 * @typedef {object} WeightCurve
 * @property {WeightGradient} weight
 * @property {number[]} values
 * @property {number[]} losses
 * @property {Descent[]} descents
 * @typedef {object} WeightGradient
 * @property {string} tensor
 * @property {number[]} place
 * @property {number} value
 * @property {number} gradient
 * @typedef {object} Why
 * @property {Evidence | null} evidence
 * @property {GradCam | null} grad_cam
 * @property {Occlusion} occlusion
 * @typedef {object} Walk
 * @property {1} format
 * @property {string} model
 * @property {string} picture_name
 * @property {string} network
 * @property {Origin | null} origin
 * @property {string[]} classes
 * @property {number | null} truth
 * @property {number | null} predicted
 * @property {Labels | null} labels
 * @property {number} temperature
 * @property {number[]} probabilities
 * @property {number} largest_difference
 * @property {(ImageStep | ConvolutionStep | ReluStep | DepthwiseConvolutionStep | Relu6Step | AdditionStep | JoiningStep | PoolingStep | FlatteningStep | FullConnectionStep | TemperatureStep | SoftmaxStep | SigmoidStep | LossStep | LabelLossStep)[]} steps
 * @property {Note[]} notes
 * @property {OpenSet | null} open_set
 * @property {Why | null} why
 * @property {Neighbour[]} neighbours
 * @property {NoRelu | null} no_relu
 * @property {Invariance[]} invariance
 * @property {Backward | null} backward
 */

export {};
