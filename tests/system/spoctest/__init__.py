# SPDX-License-Identifier: Apache-2.0
"""Real servers in private folders, for the system tests, the demo and the benchmarks.

Everything listens on loopback, at ports that were free or on sockets of its own, lives in
one temporary folder, and is ended by the pid that was started, also when a test fails.
"""
