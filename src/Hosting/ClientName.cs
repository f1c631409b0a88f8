using System.Net;
using System.Net.Sockets;

namespace Intotes.Chat.Hosting;

/// <summary>Under which name a caller is counted: an account by its id, wherever it signs in, so that no neighbour takes its share; anybody else by address.</summary>
public static class ClientName
{
    /// <summary>The name of the client that sent this request.</summary>
    public static string Of(HttpContext http) => http.User.FindFirst("sub") is { Value: var userId } ? OfAccount(userId) : Of(http.Connection.RemoteIpAddress);

    public static string OfAccount(string userId) => "account " + userId;

    /// <summary>The name of an address; "unknown" without one, as on a Unix socket.</summary>
    public static string Of(IPAddress? address) => address is null ? "unknown" : Network(address) switch
    {
        { AddressFamily: AddressFamily.InterNetworkV6 } network => Convert.ToHexString(network.GetAddressBytes(), 0, 8),
        var alone => alone.ToString(),
    };

    /// <summary>The name of one client: an IPv4 address, also one written as IPv6; or a /64 network of IPv6, for a client has all addresses there (RFC 6177).</summary>
    public static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
