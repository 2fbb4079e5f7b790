"""Training: from pictures to a model.

settings          all settings, with types and help texts
keyword_settings  the same as keyword arguments, for editors and help
machine/          device, precision, threads, CUDA graphs
recipe            defaults chosen from settings, data and machine
data/             training data and their batches, on the CPU or on the GPU
learning/         the training loop, optimiser, moving average, trials
losses/           an experiment: cross-entropy against squared error
events            events of the loop; listeners/ display and log them
start/            pretrained features of a backbone, and the head that is fitted to them
report/           metrics and figures of a finished run
runs/             a run's folder, its checkpoints, and the way from pictures to a model
fit               training without a run folder, for the estimator and cross-validation
cross_validation  label suspects found by cross-validation
repeat            repeats a run from a model's receipt
group             the processes of a run: one, or several that `distributed` connects
"""
