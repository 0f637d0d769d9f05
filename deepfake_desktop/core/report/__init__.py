"""An ``Analysis`` in forms that leave the program."""
