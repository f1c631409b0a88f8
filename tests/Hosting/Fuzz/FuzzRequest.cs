using System.Globalization;
using System.Text;

namespace Intotes.Chat.Tests.Hosting.Fuzz;

/// <summary>Whose credential a request carries.</summary>
public enum FuzzCaller
{
    Nobody,
    Visitor,
    Cookie,
    Account,
    AccountAndVisitor,
    Operator,
    Supervisor,
    Garbled,
}

/// <summary>A request as it goes over the wire, but for the credential, which is filled in when it is sent.</summary>
/// <param name="Target">Path and query as they are sent.</param>
/// <param name="Headers">Lines with their ends.</param>
/// <param name="Body">Null for none.</param>
/// <param name="Framing">How the end of the body is announced.</param>
/// <param name="Caller">Whose credential goes along.</param>
/// <param name="Cuts">Mutations of the finished bytes, in thousandths of their length.</param>
public sealed record FuzzRequest(string Method, string Target, string Headers, byte[]? Body, Framing Framing, FuzzCaller Caller, IReadOnlyList<Cut> Cuts)
{
    /// <summary>Whether the server can tell where the request ends, so that the connection may be used again.</summary>
    public bool IsWhole => Cuts.Count == 0 && Framing is Framing.Length or Framing.Chunked;

    /// <summary>The bytes, with these lines for the credential.</summary>
    public byte[] ToBytes(string credential)
    {
        var head = new StringBuilder($"{Method} {Target} HTTP/1.1\r\nHost: chat\r\n{credential}{Headers}");
        var body = Body ?? [];
        var length = Framing switch { Framing.LengthTooLong => body.Length + 7, Framing.LengthTooShort => body.Length / 2, _ => body.Length };
        if (Framing is Framing.Chunked or Framing.BadChunks)
        {
            head.Append("Transfer-Encoding: chunked\r\n");
            body = Chunked(body, isBad: Framing == Framing.BadChunks);
        }
        else if (Body is not null)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n");
        }

        byte[] bytes = [.. Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), .. body];
        return Cuts.Aggregate(bytes, static (bytes, cut) => cut.Apply(bytes));
    }

    private static byte[] Chunked(byte[] body, bool isBad)
    {
        var half = body.Length / 2;
        using var stream = new MemoryStream();
        foreach (var part in (byte[][])[body[..half], body[half..]])
        {
            if (part.Length > 0)
            {
                stream.Write(Encoding.ASCII.GetBytes(isBad ? $"{part.Length:x}g;=\r" : $"{part.Length:x};x=y\r\n"));
                stream.Write(part);
                stream.Write("\r\n"u8);
            }
        }

        stream.Write("0\r\n\r\n"u8);
        return stream.ToArray();
    }
}

public enum Framing
{
    Length,
    Chunked,
    LengthTooLong,
    LengthTooShort,
    BadChunks,
}

/// <summary>A change to the bytes of a request.</summary>
/// <param name="Kind">0 replaces, 1 inserts, 2 deletes, 3 repeats, 4 ends there.</param>
/// <param name="At">Where, in thousandths.</param>
/// <param name="Length">How many bytes it concerns.</param>
/// <param name="Byte">What to put there.</param>
public sealed record Cut(int Kind, int At, int Length, byte Byte)
{
    public byte[] Apply(byte[] bytes)
    {
        var at = bytes.Length * At / 1000;
        var end = Math.Min(bytes.Length, at + Length);
        return Kind switch
        {
            0 => [.. bytes[..at], .. Enumerable.Repeat(Byte, end - at), .. bytes[end..]],
            1 => [.. bytes[..at], .. Enumerable.Repeat(Byte, Length), .. bytes[at..]],
            2 => [.. bytes[..at], .. bytes[end..]],
            3 => [.. bytes[..end], .. bytes[at..]],
            _ => bytes[..at],
        };
    }
}
