"""`python -m p2pevents.cli`: the same program, by the interpreter that runs it."""

from p2pevents.cli.main import main

main()
