// Some thousand orders a month: everything on demand, over public endpoints.
using '../main.bicep'

param environmentName = 'connector-small'
param location = 'westeurope'
param installationId = 'small'
param maximumInstanceCount = 40
param agentPrincipalId = '00000000-0000-4000-8000-000000000001'
param operatorsGroupId = '00000000-0000-4000-8000-000000000002'
