"""The phases of a run, one file a phase, each a function that returns states of the Amazon States Language."""
