"""Tests of benchmarks/lab."""
