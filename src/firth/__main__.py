"""``python -m firth``: the command line, as ``torchrun -m firth pretrain ...`` starts it."""

from firth.cli.main import run

if __name__ == "__main__":
    run()
