#!/bin/bash

# Parameters
#SBATCH --account=lab
#SBATCH --array=0-1%2
#SBATCH --constraint='a100|h100'
#SBATCH --cpus-per-task=8
#SBATCH --dependency=afterany:55
#SBATCH --exclude=n7,n9
#SBATCH --exclusive
#SBATCH --export=ALL
#SBATCH --gpus-per-node=2
#SBATCH --job-name=PLAN-render_exposure-RANDOM
#SBATCH --mail-user='a b@c'
#SBATCH --mem=7680M
#SBATCH --nice=5
#SBATCH --nodes=1
#SBATCH --open-mode=append
#SBATCH --output=/FOLDER/PLAN/PLAN-render_exposure-RANDOM/%A_%a_0_log.out
#SBATCH --partition=gpu
#SBATCH --qos=short
#SBATCH --requeue
#SBATCH --signal=USR2@300
#SBATCH --time=1440

# command
export SUBMITIT_EXECUTOR=slurm
srun --unbuffered --output /FOLDER/PLAN/PLAN-render_exposure-RANDOM/%A_%a_%t_log.out --cpus-per-task=8 /PYTHON -u -m submitit.core._submit /FOLDER/PLAN/PLAN-render_exposure-RANDOM
