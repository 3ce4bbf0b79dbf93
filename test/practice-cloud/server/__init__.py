"""The practice cloud: moto's AWS server, whose EC2 instances are real machines. See ../README.md."""
