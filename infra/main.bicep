targetScope = 'subscription'

metadata description = 'The ServiceNow ticket connector for Identity Manager: one function app and all it needs, with managed identity everywhere.'

@description('Name of the environment, as azd knows it. Part of resource names and tags.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of all resources. It has to offer Flex Consumption.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Which deployment of the connector this is: part of the key and the marker of every ticket. Never change it once tickets are open.')
@minLength(1)
@maxLength(24)
param installationId string = 'prod'

@description('Version of Node.js that the functions run on.')
@allowed(['22', '24'])
param nodeVersion string = '24'

@description('Memory of an instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('The most instances that run at once, over all functions.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('How many instances of createTicket are kept warm. Each is billed around the clock.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 0

@description('How many messages of a queue an instance works on at once. What ServiceNow is sent at once is bounded apart from that, by ConcurrencyLimit of each connection.')
@minValue(1)
@maxValue(32)
param queueBatchSize int = 16

@description('More app settings, by name: those of shared/config.ts that are to differ from their defaults.')
param moreAppSettings object = {}

@description('public: storage and vaults are reached over their public endpoints, with Entra tokens only. private: over private endpoints in a network of their own, and no other way.')
@allowed(['public', 'private'])
param network string = 'public'

@description('Whether all calls to ServiceNow come from one static address (NAT gateway), for instances that allow callers by address. It brings a network along.')
param fixedEgressIp bool = false

@description('Address range of the network, where there is one.')
param networkAddressPrefix string = '10.90.0.0/23'

@description('Object id of the identity that Identity Manager\'s agent signs in with; empty: nobody.')
param agentPrincipalId string = ''

@description('Kind of that identity.')
@allowed(['ServicePrincipal', 'User', 'Group'])
param agentPrincipalType string = 'ServicePrincipal'

@description('Whether that identity may order password resets and collect their outcomes (never the passwords).')
param agentMayResetPasswords bool = false

@description('Object id of the group whose members collect generated passwords; empty: nobody.')
param collectorsGroupId string = ''

@description('Object id of the group whose members run the operators\' commands (doctor, connections, orders, poison, tickets); empty: nobody.')
param operatorsGroupId string = ''

@description('How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Days after which files in export-output are deleted; the connector itself keeps fewer, by its own settings.')
@minValue(7)
@maxValue(3650)
param exportRetentionDays int = 90

@description('How long deleted secrets can be brought back, in days. It can\'t be changed later.')
@minValue(7)
@maxValue(90)
param vaultSoftDeleteDays int = 90

@description('Tags of all resources.')
param tags object = {}

var token = toLower(uniqueString(subscription().id, environmentName, location))
var allTags = union(tags, { 'azd-env-name': environmentName })

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: allTags
}

module connector 'connector.bicep' = {
  scope: group
  params: {
    location: location
    token: token
    tags: allTags
    installationId: installationId
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    queueBatchSize: queueBatchSize
    moreAppSettings: moreAppSettings
    network: network
    fixedEgressIp: fixedEgressIp
    networkAddressPrefix: networkAddressPrefix
    agentPrincipalId: agentPrincipalId
    agentPrincipalType: agentPrincipalType
    agentMayResetPasswords: agentMayResetPasswords
    collectorsGroupId: collectorsGroupId
    operatorsGroupId: operatorsGroupId
    logRetentionDays: logRetentionDays
    exportRetentionDays: exportRetentionDays
    vaultSoftDeleteDays: vaultSoftDeleteDays
  }
}

@description('The resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The function app.')
output AZURE_FUNCTION_APP_NAME string = connector.outputs.functionAppName

@description('What the operators\' commands need, by the names that they look for.')
output INSTALLATION_ID string = installationId
@description('Queues.')
output ConnectorStorage__queueServiceUri string = connector.outputs.queueServiceUri
@description('Tables.')
output ConnectorStorage__tableServiceUri string = connector.outputs.tableServiceUri
@description('Blobs.')
output ConnectorStorage__blobServiceUri string = connector.outputs.blobServiceUri
@description('The vault of connections.')
output KEY_VAULT_URL string = connector.outputs.keyVaultUrl
// An address, no secret.
#disable-next-line outputs-should-not-contain-secrets
@description('The vault of generated passwords.')
output PASSWORD_VAULT_URL string = connector.outputs.resetsVaultUrl
@description('The container with the settings files.')
output APPSETTINGS_URL string = connector.outputs.appSettingsUrl
@description('The address that ServiceNow is called from; empty where it is not fixed.')
output EGRESS_IP string = connector.outputs.egressIp
