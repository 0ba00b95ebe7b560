"""Sound set-ups: every network on every task of its kind, inputs scaled, and a bias that is right."""
from .case import Case, Networks, best_bias


def sound_cases(networks: Networks, seed: int):
    for name, (kind, *_) in networks.bodies.items():
        for task in networks.tasks(name, seed):
            for training in networks.modes(name, task, seed):
                # where 0 is as good as the best bias, also what the framework starts with
                for i, bias in enumerate([None, best_bias(task)] if task.is_even else [best_bias(task)]):
                    yield sound_case(networks, name, task, training, bias, seed)
            if task.name in ["CIFAR-10, long tail", "diabetes / 100", "which description"]:
                case = sound_case(networks, name, task, False, best_bias(task), seed, "zeros")
                case.more["allowConstant"] = True
                yield case


def sound_case(networks, name, task, training, bias, seed, initialiser=None):
    made = networks.features(name, task, seed, training)
    number = networks.count()
    link = {"softmax": "softmax", "sigmoid": "sigmoid", "poisson": "exp"}.get(task.loss)
    activation = link if number % 2 else None
    # zeros: also the bias, in PyTorch, so that it is set to what is best
    outputs = networks.framework.head(made, task.units, seed + number, bias, activation, initialiser)
    case = Case(networks.framework.NAME, name, task, outputs, training, seed, given="predictions" if activation else "outputs")
    if number % 3 == 0:
        case.report(networks.framework.loss(task.loss, case.given, outputs, task.labels))
    if number % 4 < 2 and task.kind != "text":
        case.show_inputs(task.inputs)
    case.tells_counts = number % 5 < 2
    return case
