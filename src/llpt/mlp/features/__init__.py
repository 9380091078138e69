"""The functions that a network is fitted on: candidates, the choice among them, their derivatives one by one."""
