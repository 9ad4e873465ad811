"""What El Ceibo sells: one module per department, each a table of articles and their presentations.

A line reads `name | description | presentation: price, kg [, marks]; …`. Marks: `g` sold in fractions (by weight or
length), `s` a made-to-order or service-like article whose stock is not tracked, `r` retired.
"""
