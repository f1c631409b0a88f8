using System.Text.Json.Serialization;

namespace Intotes.Chat.Features.Messages;

/// <summary>The bodies that are written most, described by the build instead of by reflection when the first is written; in the form that <see cref="Hosting.Json"/> says.</summary>
[JsonSerializable(typeof(PollAnswer))]
[JsonSerializable(typeof(Message))]
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
internal sealed partial class MessageJson : JsonSerializerContext;
