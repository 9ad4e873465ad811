"""The doors: one package per published contract, all through `call`."""
