metadata description = 'Everything in the resource group of the connector.'

@description('Region of all resources.')
param location string
@description('What makes global names unique.')
@minLength(13)
@maxLength(13)
param token string
@description('Tags of all resources.')
param tags object
@description('Which deployment of the connector this is.')
param installationId string
@description('Version of Node.js.')
param nodeVersion string
@description('Memory of an instance in MB.')
param instanceMemoryMB int
@description('The most instances at once.')
param maximumInstanceCount int
@description('Instances of createTicket that are kept warm.')
param alwaysReadyInstances int
@description('Messages of a queue that an instance works on at once.')
param queueBatchSize int
@description('More app settings.')
param moreAppSettings object
@description('public or private.')
param network string
@description('Whether ServiceNow is called from one static address.')
param fixedEgressIp bool
@description('Address range of the network.')
param networkAddressPrefix string
@description('Object id of the agent\'s identity.')
param agentPrincipalId string
@description('Its kind.')
param agentPrincipalType string
@description('Whether it may order password resets.')
param agentMayResetPasswords bool
@description('Object id of the group that collects passwords.')
param collectorsGroupId string
@description('Object id of the operators\' group.')
param operatorsGroupId string
@description('Days that logs are kept.')
param logRetentionDays int
@description('Days that exported files are kept.')
param exportRetentionDays int
@description('Days that deleted secrets can be brought back.')
param vaultSoftDeleteDays int

var isPrivate = network == 'private'
var hasNetwork = isPrivate || fixedEgressIp

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${token}'
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  params: { location: location, token: token, tags: tags, logRetentionDays: logRetentionDays }
}

module storage 'modules/storage.bicep' = {
  params: {
    location: location
    token: token
    tags: tags
    isPrivate: isPrivate
    exportRetentionDays: exportRetentionDays
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vaults 'modules/vaults.bicep' = {
  params: {
    location: location
    token: token
    tags: tags
    isPrivate: isPrivate
    softDeleteDays: vaultSoftDeleteDays
    workspaceId: monitoring.outputs.workspaceId
  }
}

module connectorNetwork 'modules/network.bicep' = if (hasNetwork) {
  params: {
    location: location
    token: token
    tags: tags
    addressPrefix: networkAddressPrefix
    isPrivate: isPrivate
    fixedEgressIp: fixedEgressIp
    storageAccountId: storage.outputs.accountId
    vaultIds: [vaults.outputs.connectionsId, vaults.outputs.resetsId]
  }
}

module roles 'modules/roles.bicep' = {
  params: {
    storageAccountName: storage.outputs.accountName
    connectionsVaultName: vaults.outputs.connectionsName
    resetsVaultName: vaults.outputs.resetsName
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    appPrincipalId: identity.properties.principalId
    agentPrincipalId: agentPrincipalId
    agentPrincipalType: agentPrincipalType
    agentMayResetPasswords: agentMayResetPasswords
    collectorsGroupId: collectorsGroupId
    operatorsGroupId: operatorsGroupId
  }
}

module app 'modules/function-app.bicep' = {
  // Without its roles the app would start, find nothing and stop.
  dependsOn: [roles]
  params: {
    location: location
    token: token
    tags: tags
    identityId: identity.id
    identityClientId: identity.properties.clientId
    installationId: installationId
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    queueBatchSize: queueBatchSize
    moreAppSettings: moreAppSettings
    subnetId: hasNetwork ? connectorNetwork.?outputs.appSubnetId ?? '' : ''
    blobServiceUri: storage.outputs.blobServiceUri
    queueServiceUri: storage.outputs.queueServiceUri
    tableServiceUri: storage.outputs.tableServiceUri
    keyVaultUrl: vaults.outputs.connectionsUrl
    resetsVaultUrl: vaults.outputs.resetsUrl
    applicationInsightsName: monitoring.outputs.applicationInsightsName
  }
}

@description('The function app.')
output functionAppName string = app.outputs.name
@description('Queues.')
output queueServiceUri string = storage.outputs.queueServiceUri
@description('Tables.')
output tableServiceUri string = storage.outputs.tableServiceUri
@description('Blobs.')
output blobServiceUri string = storage.outputs.blobServiceUri
@description('The vault of connections.')
output keyVaultUrl string = vaults.outputs.connectionsUrl
@description('The vault of generated passwords.')
output resetsVaultUrl string = vaults.outputs.resetsUrl
@description('The container with the settings files.')
output appSettingsUrl string = '${storage.outputs.blobServiceUri}settings'
@description('The address that ServiceNow is called from.')
output egressIp string = connectorNetwork.?outputs.egressIp ?? ''
