// What `azd` deploys: every value may be given by `azd env set <NAME> <value>`.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param installationId = readEnvironmentVariable('INSTALLATION_ID', 'prod')
param network = readEnvironmentVariable('NETWORK', 'public')
param fixedEgressIp = bool(readEnvironmentVariable('FIXED_EGRESS_IP', 'false'))
param agentPrincipalId = readEnvironmentVariable('AGENT_PRINCIPAL_ID', '')
param operatorsGroupId = readEnvironmentVariable('OPERATORS_GROUP_ID', '')
param collectorsGroupId = readEnvironmentVariable('COLLECTORS_GROUP_ID', '')
