metadata description = 'A network for the app: private endpoints to storage and vaults, a static address towards ServiceNow, or both.'

@description('Region.')
param location string
@description('What makes global names unique.')
@minLength(13)
@maxLength(13)
param token string
@description('Tags.')
param tags object
@description('Address range, /23 or larger.')
param addressPrefix string
@description('Whether there are private endpoints.')
param isPrivate bool
@description('Whether there is a NAT gateway with a static address.')
param fixedEgressIp bool
@description('The storage account.')
param storageAccountId string
@description('The vaults.')
param vaultIds string[]

var storageServices = ['blob', 'queue', 'table']
// The vaults' zone has another name than their public suffix, and one of its own in every cloud.
var vaultZones = {
  AzureCloud: 'privatelink.vaultcore.azure.net'
  AzureChinaCloud: 'privatelink.vaultcore.azure.cn'
  AzureUSGovernment: 'privatelink.vaultcore.usgovcloudapi.net'
}
var zoneNames = isPrivate
  ? concat(
      map(storageServices, service => 'privatelink.${service}.${environment().suffixes.storage}'),
      [vaultZones[environment().name]]
    )
  : []
var storageEndpoints = map(storageServices, service => { id: storageAccountId, groupId: service })
var vaultEndpoints = map(vaultIds, id => { id: id, groupId: 'vault' })
var endpoints = isPrivate ? concat(storageEndpoints, vaultEndpoints) : []

resource egressIp 'Microsoft.Network/publicIPAddresses@2025-05-01' = if (fixedEgressIp) {
  name: 'pip-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource natGateway 'Microsoft.Network/natGateways@2025-05-01' = if (fixedEgressIp) {
  name: 'ng-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { idleTimeoutInMinutes: 4, publicIpAddresses: [{ id: egressIp.id }] }
}

// Nobody has to reach the app from outside: it has no HTTP function.
resource securityGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: 'nsg-${token}'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'NothingFromOutside'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 0)
          delegations: [{ name: 'app', properties: { serviceName: 'Microsoft.App/environments' } }]
          networkSecurityGroup: { id: securityGroup.id }
          defaultOutboundAccess: !fixedEgressIp
          ...(fixedEgressIp ? { natGateway: { id: natGateway.id } } : {})
        }
      }
      {
        name: 'private-endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 1)
          networkSecurityGroup: { id: securityGroup.id }
          defaultOutboundAccess: false
        }
      }
    ]
  }

  resource app 'subnets' existing = {
    name: 'app'
  }
  resource privateEndpoints 'subnets' existing = {
    name: 'private-endpoints'
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in zoneNames: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource zoneLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, index) in zoneNames: {
    parent: zones[index]
    name: 'app'
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  }
]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for (endpoint, index) in endpoints: {
    name: 'pe-${endpoint.groupId}-${index}-${token}'
    location: location
    tags: tags
    properties: {
      subnet: { id: network::privateEndpoints.id }
      privateLinkServiceConnections: [
        { name: endpoint.groupId, properties: { privateLinkServiceId: endpoint.id, groupIds: [endpoint.groupId] } }
      ]
    }
  }
]

resource endpointZones 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (endpoint, index) in endpoints: {
    parent: privateEndpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        // blob, queue, table, and one zone for both vaults.
        { name: endpoint.groupId, properties: { privateDnsZoneId: zones[min(index, length(storageServices))].id } }
      ]
    }
  }
]

@description('The subnet that the app is put into.')
output appSubnetId string = network::app.id
@description('The address that ServiceNow is called from.')
output egressIp string = egressIp.?properties.ipAddress ?? ''
