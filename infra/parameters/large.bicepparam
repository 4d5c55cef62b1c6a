// A million orders a month: private endpoints, one address towards ServiceNow, a warm instance.
using '../main.bicep'

param environmentName = 'connector-large'
param location = 'westeurope'
param installationId = 'large'
param instanceMemoryMB = 2048
param maximumInstanceCount = 100
param alwaysReadyInstances = 1
param network = 'private'
param fixedEgressIp = true
param agentPrincipalId = '00000000-0000-4000-8000-000000000001'
param agentMayResetPasswords = true
param operatorsGroupId = '00000000-0000-4000-8000-000000000002'
param collectorsGroupId = '00000000-0000-4000-8000-000000000003'
param logRetentionDays = 365
