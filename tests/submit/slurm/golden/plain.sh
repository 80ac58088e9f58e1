#!/bin/bash

# Parameters
#SBATCH --array=0-1%2
#SBATCH --cpus-per-task=1
#SBATCH --dependency=afterany:55
#SBATCH --export=ALL
#SBATCH --job-name=PLAN-render_exposure-RANDOM
#SBATCH --mem=4096M
#SBATCH --nodes=1
#SBATCH --open-mode=append
#SBATCH --output=/FOLDER/PLAN/PLAN-render_exposure-RANDOM/%A_%a_0_log.out
#SBATCH --requeue
#SBATCH --signal=USR2@120
#SBATCH --time=60

# command
export SUBMITIT_EXECUTOR=slurm
srun --unbuffered --output /FOLDER/PLAN/PLAN-render_exposure-RANDOM/%A_%a_%t_log.out --cpus-per-task=1 /PYTHON -u -m submitit.core._submit /FOLDER/PLAN/PLAN-render_exposure-RANDOM
