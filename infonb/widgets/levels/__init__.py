"""What the explorers of sweeps and of trainings share: levels, one of them chosen."""
