#!/usr/bin/env python3
"""What scikit-learn's StandardScaler and MinMaxScaler make of the rows of tests/data/normalize_test.c:
x - shift times factor, for each feature. Usage: normalize.py >normalize.txt"""
import numpy
from sklearn.preprocessing import MinMaxScaler, StandardScaler

i, j = numpy.ogrid[:701, :6]
x = ((i * 7919 + j * 104729) % 1009) / 1009.0
x[:, 1] = 1e6 + x[:, 1]
x[:, 2] = 1e6 + 1e-3 * x[:, 2]
x[:, 3] = 0.1
x[:, 4] = -1e-9 * x[:, 4]
x[:, 5] = 1e9 * x[:, 5] - 1e8

standard, ends = StandardScaler().fit(x), MinMaxScaler().fit(x)
for feature in range(6):
    print("standardize", feature, repr(float(standard.mean_[feature])), repr(float(1 / standard.scale_[feature])))
    print("minmax", feature, repr(float(ends.data_min_[feature])), repr(float(ends.scale_[feature])))
