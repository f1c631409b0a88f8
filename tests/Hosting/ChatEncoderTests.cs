using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Features.Messages;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>What JSON escapes, and that no text makes an answer much larger than itself.</summary>
public sealed class ChatEncoderTests(ChatNodes nodes)
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions Options = Made();

    [Fact]
    public void Every_character_that_need_not_be_escaped_is_written_as_UTF8_and_every_one_is_read_back()
    {
        for (var scalar = 0; scalar <= 0x10ffff; scalar++)
        {
            if (!Rune.TryCreate(scalar, out var rune))
            {
                continue;
            }

            var text = $"a{rune}b";
            var json = JsonSerializer.SerializeToUtf8Bytes(text, Options);
            var isEscaped = scalar is < 0x20 or '"' or '\\' or (>= 0x7f and < 0xa0) or 0x2028 or 0x2029 or 0xfeff;
            Assert.True(isEscaped == json.AsSpan().Contains((byte)'\\'), $"U+{scalar:X4} {Encoding.UTF8.GetString(json)}");
            Assert.Equal(text, JsonSerializer.Deserialize<string>(json));
        }
    }

    [Theory]
    [InlineData("\ud83d")]
    [InlineData("\ude00")]
    [InlineData("\ude00\ud83d")]
    [InlineData("😀😀\ud83d")]
    [InlineData("😀\ud83d😀\n\"x\"")]
    public void Half_of_a_pair_is_replaced_as_before_and_the_rest_stays(string text)
    {
        var before = JsonSerializer.Serialize(text, Relaxed);

        Assert.Equal(JsonSerializer.Deserialize<string>(before), JsonSerializer.Deserialize<string>(JsonSerializer.SerializeToUtf8Bytes(text, Options)));
    }

    /// <summary>4,000 of them: 16,000 bytes as they are, 48,000 as escapes.</summary>
    [Theory]
    [InlineData("chat/history", "😀")]
    [InlineData("chat/history?limit=10", "😀")]
    [InlineData("chat/poll?after=0-0", "😀")]
    [InlineData("chat/poll?limit=10&after=0-0", "😀")]
    [InlineData("chat/history", "\ue000")]
    [InlineData("chat/history", "\u3000x")]
    public async Task No_text_makes_an_answer_much_larger_than_itself(string path, string repeated)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var text = string.Concat(Enumerable.Repeat(repeated, 4_000 / repeated.EnumerateRunes().Count())).Trim();
        (await visitor.SayAsync(text)).Expect(System.Net.HttpStatusCode.Created);

        using var http = new HttpClient { BaseAddress = new Uri(nodes.NextAddress(), "/api/v1/"), DefaultRequestHeaders = { { "X-Chat-Session", visitor.SessionToken } } };
        var answer = await http.GetByteArrayAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.InRange(answer.Length, Encoding.UTF8.GetByteCount(text), Encoding.UTF8.GetByteCount(text) + 1_000);
        Assert.Equal(text, (string?)JsonNode.Parse(answer)!["messages"]![0]!["text"]);
    }

    private static JsonSerializerOptions Made()
    {
        var options = new JsonSerializerOptions();
        Json.Configure(options);
        return options;
    }
}
