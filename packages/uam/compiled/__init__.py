"""The day simulator compiled, for many days at once.  Import :mod:`uam.compiled.batch` where it is used."""
