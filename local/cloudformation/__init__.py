"""CloudFormation of the embedded AWS: own resource types, and the guard that refuses what nobody acts on."""
