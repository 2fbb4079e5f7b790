"""Training: from pictures to a model.

settings          what a person may choose
keyword_settings  the same as keyword arguments, for editors and help
machine/          device, precision, threads, CUDA graphs
recipe            all that is chosen from settings, data and machine
data/             training data and their batches, on the host or on the device
learning/         the training loop, optimiser, moving average, trials
losses/           an experiment: cross-entropy against squared error
events            what the loop emits; listeners/ show it and write it down
start/            pretrained features of a backbone, and the head that is fitted to them
report/           metrics and figures of a finished run
runs/             a run's folder, its checkpoints, and the way from pictures to a model
fit               a training without a run, for the estimator and cross-validation
cross_validation  label suspects
repeat            a run again, from a model's receipt
group             the processes of a run: one, or several that `distributed` connects
"""
