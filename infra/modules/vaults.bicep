metadata description = 'Two vaults: the secrets of connections, and generated passwords, whose readers are others.'

@description('Region.')
param location string
@description('What makes global names unique.')
@minLength(13)
@maxLength(13)
param token string
@description('Tags.')
param tags object
@description('Whether the vaults are reached over private endpoints only.')
param isPrivate bool
@description('Days that deleted secrets can be brought back.')
param softDeleteDays int
@description('Workspace that every reading of a secret is logged in.')
param workspaceId string

var vaultNames = ['kv-${token}', 'kvp-${token}']

resource vaults 'Microsoft.KeyVault/vaults@2025-05-01' = [
  for name in vaultNames: {
    name: name
    location: location
    tags: tags
    properties: {
      tenantId: subscription().tenantId
      sku: { family: 'A', name: 'standard' }
      enableRbacAuthorization: true
      enableSoftDelete: true
      softDeleteRetentionInDays: softDeleteDays
      enablePurgeProtection: true
      publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
      networkAcls: { defaultAction: isPrivate ? 'Deny' : 'Allow', bypass: 'None' }
    }
  }
]

// There is no newer version that has logs of such services.
#disable-next-line use-recent-api-versions
resource audits 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = [
  for index in range(0, length(vaultNames)): {
    scope: vaults[index]
    name: 'audit'
    properties: { workspaceId: workspaceId, logs: [{ category: 'AuditEvent', enabled: true }] }
  }
]

@description('The vault of connections.')
output connectionsId string = vaults[0].id
@description('Its name.')
output connectionsName string = vaults[0].name
@description('Its address.')
output connectionsUrl string = vaults[0].properties.vaultUri
@description('The vault of passwords.')
output resetsId string = vaults[1].id
@description('Its name.')
output resetsName string = vaults[1].name
@description('Its address.')
output resetsUrl string = vaults[1].properties.vaultUri
