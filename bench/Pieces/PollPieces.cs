using System.Buffers;
using System.Security.Claims;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.IdentityModel.Tokens;

namespace Pieces;

/// <summary>What a poll does by itself, beside the server and Redis.</summary>
[ShortRunJob]
[MemoryDiagnoser]
public class PollPieces : IDisposable
{
    private const string Jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyLTEiLCJuYW1lIjoiVXNlciJ9.c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXI";

    private readonly string token = SessionToken.New().Reveal(), cursor = "1795355178458-17";
    private readonly CheckedTokens known = new(TimeProvider.System);
    private readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web);
    private readonly ArrayBufferWriter<byte> body = new(64 * 1024);
    private readonly PollAnswer nothing = Answer(0), fifty = Answer(50);
    private readonly JsonWriterOptions writing;

    public PollPieces()
    {
        Json.Configure(json);
        writing = new JsonWriterOptions { Encoder = json.Encoder };
        known.Note(Jwt, new ClaimsIdentity([new Claim("sub", "user-1")], "Bearer"), new SymmetricSecurityKey(new byte[32]), DateTime.MaxValue, TimeSpan.Zero);
    }

    [Benchmark]
    public string CheckSessionToken() => SessionToken.Parse(token)!.Digest;

    [Benchmark]
    public bool RecallJwt() => known.Find(Jwt) is not null;

    [Benchmark]
    public bool ParseCursor() => Cursor.IsCursor(cursor);

    [Benchmark]
    public int SerializeNothingNew() => Serialize(nothing);

    [Benchmark]
    public int SerializeFiftyMessages() => Serialize(fifty);

    public void Dispose()
    {
        known.Dispose();
        GC.SuppressFinalize(this);
    }

    private int Serialize(PollAnswer answer)
    {
        body.ResetWrittenCount();
        using var writer = new Utf8JsonWriter(body, writing);
        JsonSerializer.Serialize(writer, answer, json);
        return body.WrittenCount;
    }

    private static PollAnswer Answer(int messages) => new(
        [.. Enumerable.Range(1, messages).Select(i => Message.From($"1795355178458-{i}", "visitor", "", "I have a question about my recent trade.", null, null))],
        "1795355178458-50", SessionStatus.Open, null, null, false, null, 6000);
}
