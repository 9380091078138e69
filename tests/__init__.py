"""The tests. A package of their own: mace-torch installs one of the same name, which would else be found before it."""
