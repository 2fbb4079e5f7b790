/**
 * The studio's answers. Written by tests/web/jsdoc.py from their schemas.
 *
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {object} AddedPictures
 * @property {number} added
 * @property {string[]} names
 * @property {Problem[]} problems
 * @typedef {object} AllWeightsStep
 * @property {number[]} rates
 * @property {number[]} losses
 * @typedef {object} AskedQuestion
 * @property {string} name
 * @property {(string | number)[]} prompt
 * @property {string[]} options
 * @property {Grid[]} grids
 * @property {Table[]} tables
 * @property {string} unit
 * @property {number | null} hides
 * @typedef {object} Chapter
 * @property {string} name
 * @property {string} title
 * @property {string} short
 * @property {string} text
 * @property {string} attempt
 * @property {string} gist
 * @property {string} source
 * @property {string[]} questions
 * @property {string[]} right
 * @typedef {object} ClassPictures
 * @property {string[]} pictures
 * @property {number} count
 * @typedef {object} ClassSummary
 * @property {string} name
 * @property {number} pictures
 * @property {number[]} examples
 * @typedef {object} ClassifiedPictures
 * @property {number[]} places
 * @property {string[]} names
 * @property {string[]} labels
 * @property {string[]} predicted
 * @property {number[]} probabilities
 * @typedef {object} Collection
 * @property {Record<string, number>} classes
 * @typedef {object} Comparison
 * @property {number} pictures
 * @property {number} first_accuracy_fraction
 * @property {number} second_accuracy_fraction
 * @property {number} difference_fraction
 * @property {[number, number]} difference_interval
 * @property {number} only_first
 * @property {number} only_second
 * @property {number} p_value
 * @property {Flip[]} flips
 * @property {number | null} first_mean_average_precision
 * @property {number | null} second_mean_average_precision
 * @property {string[]} notes
 * @typedef {object} Correction
 * @property {number} place
 * @property {string} picture
 * @property {string} label
 * @property {string} corrected
 * @typedef {object} Corrections
 * @property {string} manifest
 * @property {string[]} classes
 * @property {Correction[]} corrections
 * @typedef {object} Course
 * @property {Chapter[]} chapters
 * @typedef {object} DataList
 * @property {OpenData[]} data
 * @typedef {object} DataSummary
 * @property {string} id
 * @property {string} name
 * @property {number} pictures
 * @property {ClassSummary[]} classes
 * @property {string[]} notes
 * @property {[number, number, number]} shape
 * @property {string} network
 * @typedef {object} Descent
 * @property {number} rate
 * @property {number[][]} values
 * @property {number[]} losses
 * @property {number[][]} gradients
 * @typedef {object} DrawingPreview
 * @property {Tensor} pixels
 * @property {string[]} classes
 * @property {number[]} probabilities
 * @property {boolean} unknown
 * @property {SimilarKnown[]} similar
 * @property {string | null} picture
 * @typedef {object} EditedAnswer
 * @property {string[]} classes
 * @property {number[]} before
 * @property {number[]} after
 * @typedef {object} Exhibit
 * @property {Stop[]} stops
 * @typedef {object} Figures
 * @property {number} pictures
 * @property {number} correct
 * @property {number} accuracy_fraction
 * @property {[number, number]} accuracy_interval
 * @property {string[]} classes
 * @property {number[][]} confusion
 * @property {LabelCounts[] | null} labels
 * @property {number | null} mean_average_precision
 * @property {string[]} notes
 * @typedef {object} FilterEdit
 * @property {"filter"} kind
 * @property {string} step
 * @property {number} filter
 * @property {string} kernel
 * @property {number | null} channel
 * @typedef {object} FilterWeights
 * @property {Tensor} weights
 * @typedef {object} Flip
 * @property {string} picture
 * @property {number} place
 * @property {string} truth
 * @property {string} first
 * @property {number} first_probability
 * @property {string} second
 * @property {number} second_probability
 * @typedef {object} GeometryEdit
 * @property {"geometry"} kind
 * @property {[number, number]} stride
 * @property {[number, number]} padding
 * @typedef {object} GivenAnswer
 * @property {number | null} answer
 * @typedef {object} GradientMap
 * @property {string} title
 * @property {string} text
 * @property {number | null} map
 * @property {string[]} classes
 * @property {number[][]} rows
 * @typedef {object} Grid
 * @property {string} caption
 * @property {"input" | "weights" | "output"} role
 * @property {(number | null)[][]} rows
 * @property {[number, number] | null} marked
 * @typedef {object} HTTPValidationError
 * @property {ValidationError[]} detail
 * @typedef {any} JsonValue
 * @typedef {object} LabelCounts
 * @property {number} threshold
 * @property {number} found
 * @property {number} missed
 * @property {number} wrong
 * @property {number | null} precision_fraction
 * @property {number | null} recall_fraction
 * @property {number | null} f1_fraction
 * @property {number | null} average_precision
 * @typedef {object} LabelSuspect
 * @property {number} place
 * @property {string} picture
 * @property {string} label
 * @property {string} predicted
 * @property {number} probability
 * @typedef {object} LabelSuspects
 * @property {"not started" | "running" | "done" | "failed"} state
 * @property {Progress | null} progress
 * @property {string} error
 * @property {LabelSuspect[]} suspects
 * @typedef {object} Learning
 * @property {string} name
 * @property {WeightCurve} curve
 * @property {GradientMap[]} back
 * @typedef {object} LiveAnswer
 * @property {Record<string, number> | null} probabilities
 * @property {boolean} unknown
 * @property {SimilarRecording[]} similar
 * @property {number} learned
 * @property {number} waiting
 * @typedef {object} LossBench
 * @property {"not started" | "running" | "done" | "failed"} state
 * @property {string} error
 * @property {any} table
 * @property {any | null} bench
 * @typedef {object} LossMap
 * @property {WeightGradient} first
 * @property {WeightGradient} second
 * @property {number[]} first_values
 * @property {number[]} second_values
 * @property {Tensor} losses
 * @property {Descent[]} descents
 * @typedef {object} ModelEdits
 * @property {(WeightEdit | FilterEdit | GeometryEdit | ReluEdit)[]} edits
 * @property {string} network
 * @property {boolean} rectify
 * @typedef {object} ModelList
 * @property {OpenModel[]} models
 * @typedef {object} ModelSummary
 * @property {string} id
 * @property {string} name
 * @property {string} network
 * @property {string[]} classes
 * @property {[number, number, number]} shape
 * @property {Record<string, JsonValue>} figures
 * @property {string | null} data
 * @typedef {object} Neighbour
 * @property {string | null} name
 * @property {string} label
 * @property {number} similarity
 * @property {string | null} thumbnail
 * @typedef {object} Network
 * @property {string} notation
 * @property {NetworkStep[]} steps
 * @typedef {object} NetworkStep
 * @property {string} step
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {[number, number]} receptive_field
 * @typedef {object} NeuronSurvey
 * @property {"preparing" | "showing" | "done" | "failed"} state
 * @property {number} done
 * @property {number} total
 * @property {string} error
 * @property {string[]} classes
 * @property {[number, number, number]} shape
 * @property {"stretch" | "pad" | "crop"} fit
 * @property {number[]} pictures
 * @property {string[]} notes
 * @property {UnitLayer[]} steps
 * @typedef {object} NewCollection
 * @property {string} name
 * @typedef {object} NewLabel
 * @property {string} label
 * @typedef {object} NewModel
 * @property {string} name
 * @typedef {object} NewName
 * @property {string} name
 * @typedef {object} NewPath
 * @property {string} path
 * @typedef {object} NewRun
 * @property {string} data
 * @property {string | null} name
 * @property {Settings} settings
 * @typedef {object} OpenData
 * @property {string} id
 * @property {string} name
 * @property {"built-in" | "given" | "collected" | "sent"} origin
 * @typedef {object} OpenModel
 * @property {string} id
 * @property {string} name
 * @property {"given" | "run" | "kept" | "built-in"} origin
 * @typedef {object} Overfitting
 * @property {number} classes
 * @property {number} steps
 * @property {number} batch_size
 * @property {number} learning_rate
 * @property {number} validation_pictures
 * @property {TrainedRun[]} runs
 * @typedef {object} Preview
 * @property {Tensor} pixels
 * @property {string[]} classes
 * @property {number[]} probabilities
 * @property {boolean} unknown
 * @property {SimilarKnown[]} similar
 * @typedef {object} Problem
 * @property {string} title
 * @property {number} status
 * @property {string} detail
 * @property {string} why
 * @property {string} remedy
 * @typedef {object} Progress
 * @property {number} done_fraction
 * @property {number | null} remaining_seconds
 * @typedef {object} Questions
 * @property {AskedQuestion[]} questions
 * @typedef {object} Relevance
 * @property {Tensor} mean
 * @property {number[]} pictures
 * @typedef {object} ReluEdit
 * @property {"relu"} kind
 * @property {boolean} present
 * @typedef {object} Run
 * @property {string} name
 * @property {"starting" | "running" | "paused" | "interrupted" | "failed" | "finished"} state
 * @property {string} error
 * @property {number} epoch
 * @property {number} epochs
 * @property {number | null} validation_accuracy_fraction
 * @property {number | null} test_accuracy_fraction
 * @typedef {object} RunEvents
 * @property {Run} run
 * @property {any[]} events
 * @property {number} position
 * @typedef {object} RunList
 * @property {Run[]} runs
 * @typedef {object} SentPicture
 * @property {string} picture
 * @typedef {object} Settings
 * @property {string | null} network
 * @property {string | null} start
 * @property {boolean | null} multi_label
 * @property {number | [number, number] | null} size
 * @property {1 | 3 | null} channels
 * @property {"stretch" | "pad" | "crop" | null} fit
 * @property {number | null} epochs
 * @property {number | null} minutes
 * @property {number | null} batch_size
 * @property {number | null} learning_rate
 * @property {number | null} label_smoothing
 * @property {boolean | null} flip
 * @property {"none" | "light" | "strong" | null} augmentation
 * @property {boolean | null} class_weights
 * @property {boolean | null} progressive
 * @property {boolean | null} ema
 * @property {string | null} class_order
 * @property {number | null} rejected_fraction
 * @property {"auto" | "cpu" | "cuda" | null} device
 * @property {"auto" | "bf16" | "fp16" | "fp32" | null} precision
 * @property {number} seed
 * @property {boolean} strict
 * @property {string | null} group_pattern
 * @property {number | null} store_limit
 * @typedef {object} Shift
 * @property {number} columns
 * @property {number[][]} picture
 * @property {number[][]} before
 * @property {number[][]} after
 * @property {number} changed_before
 * @property {number} changed_after
 * @typedef {object} Shifts
 * @property {number} map
 * @property {Shift[]} shifts
 * @typedef {object} SimilarKnown
 * @property {string} label
 * @property {number} similarity
 * @typedef {object} SimilarPictures
 * @property {Neighbour[]} neighbours
 * @property {Relevance} relevance
 * @typedef {object} SimilarRecording
 * @property {string} label
 * @property {string} picture
 * @property {number} similarity
 * @typedef {object} Snapshot
 * @property {number} epoch
 * @property {string[]} classes
 * @property {number[]} probabilities
 * @property {string} label
 * @property {Tensor} pixels
 * @property {Tensor | null} filters
 * @property {string | null} computed
 * @property {string[]} steps
 * @property {string | null} step
 * @property {Tensor | null} maps
 * @typedef {object} Snapshots
 * @property {number[]} epochs
 * @typedef {object} StepGradients
 * @property {string} step
 * @property {Tensor} at_output
 * @property {(Tensor | null)[]} at_inputs
 * @property {Tensor | null} at_weights
 * @property {Tensor | null} at_bias
 * @typedef {object} Stop
 * @property {string} step
 * @property {number[]} place
 * @typedef {object} Table
 * @property {string} caption
 * @property {string[]} head
 * @property {(string | number)[][]} rows
 * @typedef {object} TrainedRun
 * @property {string} name
 * @property {number} pictures
 * @property {number} shift
 * @property {number[]} step
 * @property {number[]} train_loss
 * @property {number[]} train_accuracy
 * @property {number[]} validation_loss
 * @property {number[]} validation_accuracy
 * @typedef {object} Unit
 * @property {number} class_index
 * @property {number | null} selectivity
 * @property {(number | null)[]} mean
 * @property {number[]} places
 * @property {number[]} values
 * @property {[number, number][] | null} cells
 * @typedef {object} UnitLayer
 * @property {string} name
 * @property {[number, number]} size
 * @property {[number, number]} stride
 * @property {[number, number]} start
 * @property {Unit[]} units
 * @typedef {object} ValidationError
 * @property {(string | number)[]} loc
 * @property {string} msg
 * @property {string} type
 * @property {any} input
 * @property {any} ctx
 * @typedef {object} Verdict
 * @property {boolean} right
 * @property {string} why
 * @property {(string | number)[][]} working
 * @property {number | string | null} answer
 * @typedef {object} Weight
 * @property {number} value
 * @typedef {object} WeightCurve
 * @property {WeightGradient} weight
 * @property {number[]} values
 * @property {number[]} losses
 * @property {Descent[]} descents
 * @typedef {object} WeightEdit
 * @property {"weight"} kind
 * @property {string} tensor
 * @property {number[]} place
 * @property {number} value
 * @typedef {object} WeightGradient
 * @property {string} tensor
 * @property {number[]} place
 * @property {number} value
 * @property {number} gradient
 */

export {};
