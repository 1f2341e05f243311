"""What the explorers of sweeps and of trainings share: a course of levels, one of them chosen."""
