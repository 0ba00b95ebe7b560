"""makemore's training steps by PyTorch, eagerly, as the lecture writes them: reads a number of steps a line, makes them,
and answers with the wall and processor seconds that they took.

    echo 2000 | python bench/peers/makemore.py NAMES_TXT THREADS
"""

import json
import random
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[2]))
words = open(sys.argv[1]).read().splitlines()
stoi = {c: i for i, c in enumerate(".abcdefghijklmnopqrstuvwxyz")}
random.seed(42)
random.shuffle(words)
contexts, labels = [], []
for word in words[: int(0.8 * len(words))]:
    context = [0, 0, 0]
    for character in word + ".":
        contexts.append(context)
        labels.append(stoi[character])
        context = context[1:] + [stoi[character]]
X, Y = torch.tensor(contexts), torch.tensor(labels)

g = torch.Generator().manual_seed(2147483647)
C = torch.randn((27, 10), generator=g)
W1 = torch.randn((30, 200), generator=g) * 0.2
b1 = torch.randn(200, generator=g) * 0.01
W2 = torch.randn((200, 27), generator=g) * 0.01
b2 = torch.randn(27, generator=g) * 0
parameters = [C, W1, b1, W2, b2]
for p in parameters:
    p.requires_grad = True

i = 0
for line in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(int(line)):
        ix = torch.randint(0, X.shape[0], (32,), generator=g)
        embcat = C[X[ix]].view(32, -1)
        h = torch.tanh(embcat @ W1 + b1)
        loss = F.cross_entropy(h @ W2 + b2, Y[ix])
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -(0.1 if i < 100000 else 0.01) * p.grad
        i += 1
    seconds = {"wall": time.perf_counter() - wall, "processor": time.process_time() - cpu}
    print(json.dumps({**seconds, "torch": torch.__version__}), flush=True)
