metadata description = 'The function app on Flex Consumption. No app setting is a key, a password or a connection string with a key.'

@description('Region.')
param location string
@description('What makes global names unique.')
@minLength(13)
@maxLength(13)
param token string
@description('Tags.')
param tags object
@description('The app\'s identity.')
param identityId string
@description('Its client id.')
param identityClientId string
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
@description('The subnet that it is put into; empty: none.')
param subnetId string
@description('Blobs.')
param blobServiceUri string
@description('Queues.')
param queueServiceUri string
@description('Tables.')
param tableServiceUri string
@description('The vault of connections.')
param keyVaultUrl string
@description('The vault of generated passwords.')
param resetsVaultUrl string
@description('Application Insights.')
param applicationInsightsName string

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

var storageSettings = [
  for name in ['AzureWebJobsStorage', 'ConnectorStorage']: {
    '${name}__blobServiceUri': blobServiceUri
    '${name}__queueServiceUri': queueServiceUri
    '${name}__tableServiceUri': tableServiceUri
    '${name}__credential': 'managedidentity'
    '${name}__clientId': identityClientId
  }
]
var settings = union(
  storageSettings[0],
  storageSettings[1],
  {
    INSTALLATION_ID: installationId
    AZURE_CLIENT_ID: identityClientId
    KEY_VAULT_URL: keyVaultUrl
    PASSWORD_VAULT_URL: resetsVaultUrl
    APPSETTINGS_URL: '${blobServiceUri}settings'
    APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    AzureFunctionsJobHost__extensions__queues__batchSize: string(queueBatchSize)
    AzureFunctionsJobHost__extensions__queues__newBatchThreshold: string(queueBatchSize)
  },
  moreAppSettings
)

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'connector' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // It has no HTTP function; the endpoint that is left is the one that packages are deployed to.
    clientCertEnabled: false
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobServiceUri}app-package'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: instanceMemoryMB
        alwaysReady: alwaysReadyInstances > 0
          ? [{ name: 'function:createTicket', instanceCount: alwaysReadyInstances }]
          : []
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      appSettings: map(items(settings), setting => { name: setting.key, value: setting.value })
    }
  }

  // Nobody publishes with a user name and a password.
  resource noScmPasswords 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
  resource noFtpPasswords 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
}

@description('The function app.')
output name string = app.name
