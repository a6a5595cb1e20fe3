"""Grades: published scales, each a pure function of evidence. One module or more a scale; `registry` knows them all."""
